"""Examples that the documentation refers to; tests run them."""
