# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Factors into groups, groups into components, components into a score, for many series at once; see analysis.score.

Nothing is checked here: whoever calls passes C-contiguous arrays, and groups and components that are there.
"""

import cython

if cython.compiled:
    from cython.cimports.libc.math import sqrt
else:
    from math import sqrt


def weigh(
    direction: cython.double[:, ::1], quality: cython.double[:, ::1], present: cython.uchar[:, ::1],
    weight: cython.double[:, ::1], group_of: cython.int[::1], component_of: cython.int[::1],
    points: cython.double[:, ::1], spoken: cython.double[:, ::1], good: cython.double[:, ::1],
    there: cython.uchar[:, ::1], coverage: cython.double[::1], agreement: cython.double[::1],
    groups: cython.double[:, ::1], components: cython.double[:, ::1],
) -> None:  # fmt: skip
    """Weigh (n, factors) with *weight* (n, components), by the group of each factor and the component of each group.

    Written are what each factor adds to 50 (n, factors), what each component says, how good that is and whether it says
    anything (n, components), the share of the weight that is there, and how far the components agree (n,). groups: room
    for 3 figures of each group; components: for 5 of each component.
    """
    i: cython.Py_ssize_t
    f: cython.Py_ssize_t
    g: cython.Py_ssize_t
    c: cython.Py_ssize_t
    share: cython.double
    total: cython.double
    held: cython.double
    mean: cython.double
    apart: cython.double
    away: cython.double
    for i in range(direction.shape[0]):
        for g in range(groups.shape[1]):
            groups[0, g] = groups[1, g] = groups[2, g] = 0.0
        for c in range(components.shape[1]):
            components[0, c] = components[1, c] = components[2, c] = components[3, c] = components[4, c] = 0.0
        # Of each group: the sum of the qualities, how many there are, then the mean.
        for f in range(direction.shape[1]):
            if present[i, f]:
                groups[0, group_of[f]] += quality[i, f]
                groups[1, group_of[f]] += 1.0
        # Of each component: the sum over its groups, how many of them are there, and how many it has.
        for g in range(groups.shape[1]):
            c = component_of[g]
            components[2, c] += 1.0
            if groups[1, g] > 0.0:
                groups[2, g] = groups[0, g] / groups[1, g]
                components[0, c] += groups[2, g]
                components[1, c] += 1.0
                groups[1, g] = 0.0
        # What each factor has of its component; the direction of each group, then of each component.
        for f in range(direction.shape[1]):
            g = group_of[f]
            c = component_of[g]
            points[i, f] = 0.0
            if present[i, f] and groups[0, g] > 0.0 and components[0, c] > 0.0:
                share = quality[i, f] / groups[0, g] * (groups[2, g] / components[0, c])
                groups[1, g] += direction[i, f] * share
                points[i, f] = 50.0 * direction[i, f] * share
        total = 0.0
        held = 0.0
        away = 0.0
        for g in range(groups.shape[1]):
            components[3, component_of[g]] += groups[1, g]
        for c in range(components.shape[1]):
            spoken[i, c] = components[3, c]
            good[i, c] = 0.0
            there[i, c] = components[1, c] > 0.0
            if components[1, c] > 0.0:
                good[i, c] = components[0, c] / components[1, c]
                total += weight[i, c]
            held += components[1, c] / components[2, c] * weight[i, c]
            away += weight[i, c]
        coverage[i] = held / away if away > 0.0 else 0.0
        # The part of each component, by weight and quality.
        held = 0.0
        for c in range(components.shape[1]):
            if there[i, c] and total > 0.0:
                components[4, c] = weight[i, c] * good[i, c] / total
                held += components[4, c]
        for f in range(direction.shape[1]):
            points[i, f] = points[i, f] * components[4, component_of[group_of[f]]]
        mean = 0.0
        apart = 0.0
        if held > 0.0:
            for c in range(components.shape[1]):
                mean += spoken[i, c] * (components[4, c] / held)
            for c in range(components.shape[1]):
                away = spoken[i, c] - mean
                apart += away * away * (components[4, c] / held)
        apart = 1.0 - sqrt(apart)
        agreement[i] = apart if apart > 0.0 else 0.0
