"""The command line, the documentation, the wheel, and rules that the code keeps to."""
