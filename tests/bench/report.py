#!/usr/bin/env python3
"""Put the figures of bench_load and bench_floor into one table and one file.

report.py half FULL.json                  half of the capacity, per second
report.py table FOLDER ZONE ABOUT KIND... the table, and FOLDER/result.json
report.py overload KIND CAPACITY MS       decisions in time by what is offered
report.py perspectives KIND COUNTS        cost by the number of perspectives
report.py failover KIND SESSION OWNED     a killed coordinator's partitions
report.py page FOLDER                     a summary of FOLDER/*.json

BENCH_MARKDOWN=yes: tables of the last four as they are in docs/benchmark.md.
"""
import json
import os
import pathlib
import platform
import sys

PROGRAMS = ("coordinator", "worker", "probe")
OTHERS = ("broker", "name servers", "web servers", "other helpers", "load")
PERSPECTIVES = 6
LOADS = {"full": "at capacity", "half": "at half", "light": "light load"}
MARKDOWN = os.environ.get("BENCH_MARKDOWN") == "yes"
FOLDER = pathlib.Path(__file__).resolve().parents[2] / "build/bench"


def read(path):
    return json.loads(pathlib.Path(path).read_text(encoding="ascii"))


def helper(name):
    """What a process that is not ours counts as, whatever it is called."""
    if name == "dev-broker" or name.startswith("kafka-"):
        return "broker"
    if name.startswith("lab-view") or name == "lab-hostile":
        return "name servers"
    if name in ("lab-web", "lab-alpn", "alpn"):
        return "web servers"
    return name if name in OTHERS else "other helpers"


def group(name):
    """What a process and what those below it count as."""
    if name.startswith("worker-"):
        return "worker", "probe"
    if name.startswith("coordinator"):
        return "coordinator", "coordinator"
    return helper(name), helper(name)


def cpu_of(load):
    """Seconds of CPU in the window, by program."""
    cpu = dict.fromkeys(PROGRAMS + OTHERS, 0.0)
    for process in load["processes"]:
        own, below = group(process["name"])
        cpu[own] += process["cpu_s"]
        cpu[below] += process["below_cpu_s"]
    return cpu


def memory_of(load):
    """Largest resident and peak memory of one process, by program."""
    memory = {}
    for process in load["processes"]:
        own, below = group(process["name"])
        for name, now, peak in (
                (own, "rss_kb", "peak_kb"),
                (below, "below_rss_kb", "below_peak_kb")):
            before = memory.get(name, (0, 0))
            memory[name] = (max(before[0], process[now]),
                            max(before[1], process[peak]))
    return {name: {"rss_kb": memory[name][0], "peak_kb": memory[name][1]}
            for name in PROGRAMS if name in memory}


def of_load(load):
    cpu = cpu_of(load)
    decided = load["decided"]
    ours = sum(cpu[name] for name in PROGRAMS)
    return {
        "seconds": load["seconds"],
        "decisions": decided,
        "per_second": decided / load["seconds"],
        "undecided": load["undecided"],
        "undecodable": load["refused"],
        "outcomes": load["outcomes"],
        "reasons": load["reasons"],
        "most_in_flight": load["most_in_flight"],
        "processors_busy": sum(cpu.values()) / load["seconds"],
        "cpu_us_per_decision": ours / decided * 1e6 if decided else None,
        "cpu_us_per_decision_by_program": {
            name: seconds / decided * 1e6 if decided else None
            for name, seconds in cpu.items()},
        "latency": load.get("total"),
        "memory": memory_of(load),
    }


def measured(folder, kind):
    floor = read(folder / f"{kind}-floor.json")
    loads = {"full": of_load(read(folder / f"{kind}-full.json"))}
    for name in ("half", "light"):
        traced = read(folder / f"{kind}-{name}.json")
        loads[name] = of_load(traced) | {"parts": traced["parts"],
                                         "traced": traced["traced"]}
    for load in loads.values():
        if load["cpu_us_per_decision"] is not None:
            load["ratio"] = load["cpu_us_per_decision"] / floor["sum_us"]
    return {"floor": floor, **loads, "records": traced["records"]}


def machine():
    model = "unknown"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return {"processors": len(os.sched_getaffinity(0)), "model": model,
            "kernel": platform.release(),
            "load_average": os.getloadavg()[0]}


def line(*columns):
    if MARKDOWN:
        print("| " + " | ".join(str(column) for column in columns) + " |")
        return
    print("  " + "".join(f"{column:<24}" if n == 0 else f"{column:>13}"
                         for n, column in enumerate(columns)).rstrip())


def head(*columns):
    """The first line of a table."""
    line(*columns)
    if MARKDOWN:
        print("|---|" + "---:|" * (len(columns) - 1))


def number(value, digits=0):
    return "-" if value is None else f"{value:,.{digits}f}"


def show_floor(floor):
    print("  floor: CPU of bare library calls, us")
    line("part", "times", "each", "per decision")
    for part in sorted(floor["parts"],
                       key=lambda p: -p["count"] * p["us"]):
        line(part["name"], part["count"], number(part["us"], 1),
             number(part["count"] * part["us"]))
    line("sum", "", "", number(floor["sum_us"]))
    print()


def show_loads(kind):
    loads = [kind[name] for name in LOADS]
    print("  system: CPU per decision, us")
    line("", *LOADS.values())
    line("decisions a second",
         *(number(load["per_second"], 1) for load in loads))
    line("processors busy",
         *(number(load["processors_busy"], 2) for load in loads))
    for name in PROGRAMS:
        line(name if name == "coordinator" else f"{name}s, all six",
             *(number(load["cpu_us_per_decision_by_program"][name])
               for load in loads))
    line("sum", *(number(load["cpu_us_per_decision"]) for load in loads))
    line("ratio to the floor",
         *(number(load.get("ratio"), 2) for load in loads))
    for name in OTHERS:
        line(f"({name})",
             *(number(load["cpu_us_per_decision_by_program"][name])
               for load in loads))
    print()


def show_latency(load, where):
    print(f"  latency {where}, ms, {load['traced']} requests")
    line("part", "mean", "p50", "p99", "most")
    for part in load["parts"]:
        line(part["name"], *(number(part[key], 1) for key in
                             ("mean_ms", "p50_ms", "p99_ms", "max_ms")))
    print()


def show_sizes(kind):
    print("  bytes per record")
    line("record", "value", "key", "headers", "all")
    total = 0.0
    for record in kind["records"]:
        size = record["value"] + record["key"] + record["headers"]
        times = PERSPECTIVES if record["name"] in ("check", "result") else 1
        total += size * times
        line(record["name"] + (f" (x{times})" if times > 1 else ""),
             *(number(record[key]) for key in ("value", "key", "headers")),
             number(size))
    line("one decision", "", "", "", number(total))
    print()


def show_memory(full, rest):
    print("  memory of one process, KiB; CPU at rest, % of one processor")
    line("program", "resident", "peak", "at rest")
    cpu = cpu_of(rest)
    for name in PROGRAMS:
        memory = full["memory"].get(name)
        if memory:
            line(name, number(memory["rss_kb"]), number(memory["peak_kb"]),
                 number(cpu[name] / rest["seconds"] * 100 /
                        (1 if name == "coordinator" else PERSPECTIVES), 1))
    print()


def complain(kind, load, where):
    wrong = {name: count for name, count in load["outcomes"].items()
             if count and name != "corroborated"}
    if wrong or load["undecided"] or load["undecodable"]:
        print(f"  NOT CLEAN, {kind} {where}: outcomes {wrong}, "
              f"{load['undecided']} undecided, "
              f"{load['undecodable']} undecodable")
        for reason, count in load["reasons"].items():
            print(f"    {count:>8} {reason}")
        print()


def table(folder, zone, about_brokers, kinds):
    rest = read(folder / "rest.json")
    result = {"machine": machine(), "zone": zone, "brokers": about_brokers,
              "rest": {"seconds": rest["seconds"], "cpu_s": cpu_of(rest)},
              "kinds": {kind: measured(folder, kind) for kind in kinds}}
    (folder / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    about = result["machine"]
    print(f"{about['processors']} processors ({about['model']}) shared by "
          "everything: coordinator, workers and")
    print(f"probes, broker, name and web servers, load; {about_brokers}.")
    for name, kind in result["kinds"].items():
        print(f"\n{name}, six perspectives, sequential gate, "
              f"{'signed' if zone == 'bulk.lab' else 'unsigned'} zone\n")
        show_floor(kind["floor"])
        show_loads(kind)
        for load in ("half", "light"):
            show_latency(kind[load], LOADS[load])
        show_sizes(kind)
        show_memory(kind["full"], rest)
        for load, where in LOADS.items():
            complain(name, kind[load], where)
    print(f"all figures: {folder / 'result.json'}")


def overload(kind, capacity, allowed):
    print(f"{kind}: capacity {capacity} decisions a second, time allowed "
          f"{int(allowed) / 1000:g} s; latency of those in time, ms")
    if MARKDOWN:
        print()
    loads = {f"{tenths / 10:g}": read(FOLDER / f"overload-{tenths}.json")
             for tenths in (5, 10, 20, 40)}
    head("offered, times", "offered/s", "in time/s", "overloaded/s",
         "late/s", "failed/s", "p50", "p99", "busy")
    for times, load in loads.items():
        fates, seconds = load["fates"], load["seconds"]
        took = fates.get("took", {})
        line(times, *(number(fates[key] / seconds, 1) for key in
             ("offered", "good", "overloaded", "late", "failed")),
             number(took.get("p50_ms")), number(took.get("p99_ms")),
             number(of_load(load)["processors_busy"], 2))
    print("\nwhere those that were worked on were, p50, ms")
    if MARKDOWN:
        print()
    head("part", *loads)
    for n, one in enumerate(loads["1"]["parts"]):
        line(one["name"], *(number(load["parts"][n]["p50_ms"])
                            if n < len(load["parts"]) else "-"
                            for load in loads.values()))


def perspectives(kind, counts):
    print(f"{kind}: cost by the number of remote perspectives, us of CPU per "
          "decision")
    if MARKDOWN:
        print()
    head("remotes", "decisions/s", "coordinator", "workers", "probes", "sum",
         "per check", "(broker)")
    for name in ("perspectives", "perspectives-same"):
        for count in counts.split():
            load = of_load(read(FOLDER / f"{name}-{count}.json"))
            cpu = load["cpu_us_per_decision_by_program"]
            total = load["cpu_us_per_decision"]
            line(count, number(load["per_second"], 1),
                 *(number(cpu[name]) for name in PROGRAMS), number(total),
                 number(total / (int(count) + 1)) if total else "-",
                 number(cpu["broker"]))
            complain(kind, load, f"with {count}")


def failover(kind, session, owned):
    load = read(FOLDER / "failover.json")
    after = {int(p): ms for p, ms in load["next_ms"].items()}
    groups = {"killed": {int(p) for p in owned.split()}}
    groups["other"] = set(after) - groups["killed"]
    print(f"{kind}: from killing a coordinator to the next decision of a "
          f"partition, ms; session.timeout.ms {session}")
    if MARKDOWN:
        print()
    head("partitions of the", "count", "least", "median", "most")
    for name, mine in groups.items():
        times = sorted(after[p] for p in mine if p in after)
        if times:
            line(name, len(times), number(times[0]),
                 number(times[len(times) // 2]), number(times[-1]))
        if mine - set(after):
            print(f"  none came from {sorted(mine - set(after))}")
    print(f"  {load['sent']} requests, {load['undecided']} undecided, "
          f"{load['fates']['good']} of {load['fates']['offered']} as wanted")


def part(half, name, key):
    for one in half["parts"]:
        if one["name"] == name:
            return one[key]
    return None


def both(half, name):
    return (f"{number(part(half, name, 'p50_ms'))} / "
            f"{number(part(half, name, 'p99_ms'))}")


def programs(load):
    cpu = load["cpu_us_per_decision_by_program"]
    return " / ".join(number(cpu[name]) for name in PROGRAMS)


# What a column of the page has, by row.
ROWS = (
    ("floor, us of CPU", lambda k: number(k["floor"]["sum_us"])),
    ("at capacity, us of CPU",
     lambda k: number(k["full"]["cpu_us_per_decision"])),
    ("of which coordinator / workers / probes",
     lambda k: programs(k["full"])),
    ("(broker)", lambda k: number(
        k["full"]["cpu_us_per_decision_by_program"]["broker"])),
    ("**ratio at capacity**", lambda k: number(k["full"].get("ratio"), 2)),
    ("decisions a second", lambda k: number(k["full"]["per_second"])),
    ("at half, us of CPU (ratio)",
     lambda k: number(k["half"]["cpu_us_per_decision"]) +
     f" ({number(k['half'].get('ratio'), 2)})"),
    ("**added latency at half, p50 / p99, ms**",
     lambda k: both(k["half"], "added")),
    ("processors busy at half",
     lambda k: number(k["half"]["processors_busy"], 2)),
    ("light load, decisions a second (processors busy)",
     lambda k: f"{number(k['light']['per_second'])} "
               f"({number(k['light']['processors_busy'], 2)})"),
    ("**added latency at light load, p50 / p99, ms**",
     lambda k: both(k["light"], "added")),
    *((name, lambda k, name=name: both(k["light"], name)) for name in
      ("intake", "attempt ack", "dispatch, primary", "gate",
       "dispatch, remotes", "results", "commit and delivery")),
    ("peak KiB: coordinator / worker / probe",
     lambda k: " / ".join(number(k["full"]["memory"][name]["peak_kb"])
                          for name in PROGRAMS)),
)


def page(folder):
    columns, about = [], None
    for name in ("tls", "plaintext", "workers-2"):
        path = pathlib.Path(folder) / f"{name}.json"
        if not path.exists():
            continue
        result = read(path)
        about = result["machine"]
        columns += [(f"{name}, {kind}", figures)
                    for kind, figures in result["kinds"].items()]
    if not columns:
        sys.exit("report.py: nothing was measured")
    print(f"{about['processors']} processors ({about['model']}), kernel "
          f"{about['kernel']}, shared by everything.\n")
    print("| | " + " | ".join(name for name, _ in columns) + " |")
    print("|---|" + "---:|" * len(columns))
    for name, figure in ROWS:
        print(f"| {name} | " +
              " | ".join(figure(kind) for _, kind in columns) + " |")


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "page":
        page(sys.argv[2])
    elif len(sys.argv) == 3 and sys.argv[1] == "half":
        load = read(sys.argv[2])
        print(max(1, int(load["decided"] / load["seconds"] / 2)))
    elif len(sys.argv) > 5 and sys.argv[1] == "table":
        table(pathlib.Path(sys.argv[2]), sys.argv[3], sys.argv[4],
              sys.argv[5:])
    elif len(sys.argv) > 3 and sys.argv[1] in MODES:
        MODES[sys.argv[1]](*sys.argv[2:])
    else:
        sys.exit(__doc__)


MODES = {"overload": overload, "perspectives": perspectives,
         "failover": failover}

if __name__ == "__main__":
    main()
