"""A stand-in for Microsoft Entra ID: discovery, keys and tokens of one tenant, over https on loopback."""
