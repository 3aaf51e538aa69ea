"""Load tests of the service on loopback, bounded in time: `make load`."""
