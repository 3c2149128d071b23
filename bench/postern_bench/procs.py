"""What Linux tells about processes: CPU seconds, resident memory, threads."""
import os

HZ = os.sysconf('SC_CLK_TCK')
PAGE = os.sysconf('SC_PAGE_SIZE')


def stat(pid):
    """Fields of /proc/PID/stat, None when the process is gone. CPU in seconds; reaped = of children that ended."""
    try:
        with open(f'/proc/{pid}/stat') as f:
            text = f.read()
    except OSError:
        return None
    f = text[text.rindex(')') + 2:].split()
    return dict(ppid=int(f[1]), user=int(f[11]) / HZ, system=int(f[12]) / HZ,
                own=(int(f[11]) + int(f[12])) / HZ, reaped=(int(f[13]) + int(f[14])) / HZ, threads=int(f[17]))


def own_cpu(pids):
    return sum((stat(p) or {'own': 0})['own'] for p in pids)


def system_cpu(pids):
    return sum((stat(p) or {'system': 0})['system'] for p in pids)


def tree_cpu(root):
    """CPU seconds of a process and all below it, ended children included."""
    if not root:
        return 0.0
    children, stats = {}, {}
    for name in os.listdir('/proc'):
        if name.isdigit():
            s = stat(name)
            if s:
                stats[int(name)] = s
                children.setdefault(s['ppid'], []).append(int(name))
    total, todo = 0.0, [root]
    while todo:
        pid = todo.pop()
        if pid in stats:
            total += stats[pid]['own'] + stats[pid]['reaped']
            todo += children.get(pid, [])
    return total


def rss(pids):
    """Resident bytes."""
    total = 0
    for pid in pids:
        try:
            with open(f'/proc/{pid}/statm') as f:
                total += int(f.read().split()[1]) * PAGE
        except OSError:
            pass
    return total


def threads(pids):
    return sum((stat(p) or {'threads': 0})['threads'] for p in pids)


def machine_busy():
    """CPU seconds that all cores together were not idle."""
    with open('/proc/stat') as f:
        n = [int(x) for x in f.readline().split()[1:9]]
    return (sum(n) - n[3] - n[4]) / HZ
