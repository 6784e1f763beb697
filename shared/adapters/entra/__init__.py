"""Microsoft Entra access tokens as credentials of callers."""
