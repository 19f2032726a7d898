"""`sluice diff`: two policies, or two stances of one: who gains and who loses."""
