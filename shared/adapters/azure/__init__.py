"""Reading Azure through Resource Graph and Azure Resource Manager."""
