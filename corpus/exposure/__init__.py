"""Who reaches what from the internet: cases, and the scores of tools on them."""
