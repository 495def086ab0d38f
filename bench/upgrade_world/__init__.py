"""What the upgrade drill plays with: two versions' trees, their processes, and people who keep asking."""
