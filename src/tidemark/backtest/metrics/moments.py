"""The mean and the moments around it of numbers that come one by one, and of two such streams together.

T. Chan, G. Golub, R. LeVeque, Updating Formulae and a Pairwise Algorithm for Computing Sample Variances (1979); that of
B. Welford (1962) is the case of one number. For the third and the fourth moment P. Pebay, Formulas for Robust, One-Pass
Parallel Computation of Covariances and Arbitrary-Order Statistical Moments (2008).
"""

import math

import msgspec


class Moments(msgspec.Struct):
    """count numbers of that mean; m2, m3, m4: the sums of their distances from it, to the second, third, fourth power.

    Memory: five numbers.
    """

    count: int = 0
    mean: float = 0.0
    m2: float = 0.0
    m3: float = 0.0
    m4: float = 0.0

    def add(self, value: float) -> None:
        """One number more."""
        self.merge(Moments(1, value))

    def merge(self, other: "Moments") -> None:
        """All the numbers of *other* more."""
        a, b = self.count, other.count
        n = a + b
        if not b:
            return
        d = other.mean - self.mean
        m2 = self.m2 + other.m2 + d * d * a * b / n
        m3 = self.m3 + other.m3 + d * d * d * a * b * (a - b) / n**2 + 3.0 * d * (a * other.m2 - b * self.m2) / n
        m4 = (
            self.m4
            + other.m4
            + d * d * d * d * a * b * (a * a - a * b + b * b) / n**3
            + 6.0 * d * d * (a * a * other.m2 + b * b * self.m2) / n**2
            + 4.0 * d * (a * other.m3 - b * self.m3) / n
        )
        self.count, self.mean, self.m2, self.m3, self.m4 = n, self.mean + d * b / n, m2, m3, m4

    @property
    def deviation(self) -> float | None:
        """The standard deviation, with n - 1; None of fewer than two numbers.

        >>> moments = Moments()
        >>> for value in (2.0, 4.0, 4.0, 6.0):
        ...     moments.add(value)
        >>> round(moments.mean, 4), round(moments.deviation, 4)
        (4.0, 1.633)
        """
        return math.sqrt(self.m2 / (self.count - 1)) if self.count > 1 else None

    @property
    def skew(self) -> float | None:
        """The third moment over the deviation (with n) to the third power; None where nothing varies."""
        return self.m3 * math.sqrt(self.count) / (self.m2 * math.sqrt(self.m2)) if self.varies else None

    @property
    def kurtosis(self) -> float | None:
        """The fourth moment over that deviation to the fourth power, 3 of a normal one; None where nothing varies."""
        return self.m4 * self.count / (self.m2 * self.m2) if self.varies else None

    @property
    def varies(self) -> bool:
        """Whether the numbers differ by more than what rounding leaves."""
        return self.count > 1 and self.m2 > self.count * 1e-28 * self.mean * self.mean and self.m2 * self.m2 > 0.0
