"""`newhire doctor`: what of a set-up works, what does not, and how it is mended. Nothing is created or changed by it."""
