"""The methods of the clients, one module for each tag of the API's description."""
