"""What the office does: one module for each thing. The command line calls nothing else."""
