"""How a method's call is carried out: sent, judged, repeated, read, ended."""
