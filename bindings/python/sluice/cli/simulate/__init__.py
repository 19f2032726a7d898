"""`sluice simulate`: recorded traffic, replayed on virtual time under a policy."""
