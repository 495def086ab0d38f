"""A site of some age for the bench of the routes: its records, and one of each kind to ask for."""
