"""How fast it is beside others: scripts that measure on the same files in one run, and print ratios.

pip install '.[bench]'
python -m tests.benchmarks.reading
python -m tests.benchmarks.filling
python -m tests.benchmarks.flattened
python -m tests.benchmarks.starting
python -m tests.benchmarks.growing
"""
