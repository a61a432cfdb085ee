"""Which pages there are, what they show and who may see them."""
