"""Hosts that are network namespaces on one bridge, and the servers that all of them share."""
