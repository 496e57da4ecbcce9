"""What is remembered: read through a View, changed by small values that a store applies."""
