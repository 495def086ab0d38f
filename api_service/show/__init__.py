"""What callers see: the shapes of every answer. Shares become percentages here and nowhere else."""
