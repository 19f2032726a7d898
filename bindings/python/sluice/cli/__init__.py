"""The command line of Sluice, the extra `cli`: pip install 'sluice[cli]'."""
