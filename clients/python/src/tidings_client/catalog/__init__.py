"""Constants for all that the services can tell their users, one module a service. `generate.py` writes them."""
