"""Stands in for wandb where docs/python.md is run: what the page calls, with the parameters and fields of 0.31.0."""


class Run:
    def __init__(self, project, config):
        self.id, self.name, self.url = "wp87b09y", None, None  # As of a run that is offline.
        self.project, self.config = project, dict(config or {})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def log(self, data, step=None):
        data.items(), int(step or 0)


def init(project=None, config=None):
    return Run(project, config)
