"""Tables as files for people: what leaves the platform is written here, and nowhere else."""
