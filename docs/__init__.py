"""Documentation, and the code that writes those of its pages which describe data."""
