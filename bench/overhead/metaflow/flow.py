"""Seven steps in a row that do nothing: Metaflow's least, each step a process of its own."""

from metaflow import FlowSpec, step


class NoOpFlow(FlowSpec):
    """start → five steps → end."""

    @step
    def start(self):
        self.next(self.second)

    @step
    def second(self):
        self.next(self.third)

    @step
    def third(self):
        self.next(self.fourth)

    @step
    def fourth(self):
        self.next(self.fifth)

    @step
    def fifth(self):
        self.next(self.sixth)

    @step
    def sixth(self):
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    NoOpFlow()
