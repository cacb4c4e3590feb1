"""What every run has: progress and cancelling, remembered results, work spread over threads."""
