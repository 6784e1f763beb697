"""Who may do what: roles and what they permit, the grants of a principal, the identities of workloads."""
