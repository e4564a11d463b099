"""What `tinker-rest doctor` examines, step by step."""
