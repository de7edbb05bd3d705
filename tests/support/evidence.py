"""What perspectives saw, from the topic of results as tests/chaos/dump.py wrote
it: for scripts of tests/e2e, which put tests/chaos before their path."""
import records


def results(directory):
    """(record, result), signature headers and all, in the log's order."""
    for record in records.read_sorted(directory, "results"):
        yield record, records.decode_msgpack(record.value)


def seen(directory):
    """(result, kind, evidence) for each kind of check that left evidence."""
    for _, result in results(directory):
        for kind in result["kinds"]:
            if "evidence" in kind:
                yield result, kind, records.decode_msgpack(kind["evidence"])
