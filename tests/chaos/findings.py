"""What was found to be wrong, and how much was looked at."""
import collections

SHOWN = 20


class Findings:
    def __init__(self):
        self.wrong = []
        self.counts = collections.Counter()

    def add(self, record, text, *values):
        """record may be a Record, or (topic, partition, offset)."""
        if not isinstance(record, tuple):
            record = record.topic, record.partition, record.offset
        self.wrong.append("%s/%s@%s: %s" % (record + (
            text % values if values else text,)))

    def show(self):
        print(", ".join("%d %s" % (n, what)
                        for what, n in sorted(self.counts.items())))
        for line in self.wrong[:SHOWN]:
            print("wrong: " + line)
        if self.wrong:
            print("%d violations" % len(self.wrong))
