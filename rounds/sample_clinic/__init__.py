"""A made-up clinic: the world the demo plays, every part of it a function of a seed."""
