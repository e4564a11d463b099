"""Connections: which address, over which sockets, with which headers."""
