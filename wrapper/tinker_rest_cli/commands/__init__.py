"""The commands, a module for each name after `tinker-rest`."""
