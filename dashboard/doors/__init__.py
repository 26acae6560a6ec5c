"""The doors: one command of `mingjing` a module, or a few that belong together. Thin: words and progress, no logic."""
