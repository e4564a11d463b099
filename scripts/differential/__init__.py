"""Our clients compared with the official SDK's: the same calls, the same server, the same requests and results."""
