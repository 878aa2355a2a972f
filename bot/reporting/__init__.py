"""What may leave the house, for those who want it: errors to Sentry, traces to an OpenTelemetry collector.

Both are off unless they are set, and need the extra `observability`.
"""
