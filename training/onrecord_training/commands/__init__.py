"""The commands of `onrecord-train`, one file per group; heavy imports stay inside them."""
