"""Scripts that time other tools. Each runs alone in that tool's environment and imports nothing of ours."""
