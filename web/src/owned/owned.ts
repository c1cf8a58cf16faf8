import { onScopeDispose } from 'vue'
import { frames } from './frames'
import { ledger, type Kind } from './ledger'

/**
 * Everything that outlives a call and has to end: timers, listeners, observers, requests, subscriptions, charts.
 *
 * Each method starts one thing and returns what ends it early; `end` ends what is left, newest first. After that every
 * method is a no-op, so that a late promise starts nothing.
 */
export class Owned {
  isEnded = false
  private readonly endings = new Set<() => void>()

  /** Takes a thing that somebody else started; *end* is called once. */
  own(kind: Kind, end: () => void): () => void {
    if (this.isEnded) {
      end()
      return () => undefined
    }
    ledger.held[kind] += 1
    const once = () => {
      if (!this.endings.delete(once)) return
      ledger.held[kind] -= 1
      end()
    }
    this.endings.add(once)
    return once
  }

  interval(ms: number, act: () => void): () => void {
    if (this.isEnded) return () => undefined
    const timer = setInterval(act, ms)
    return this.own('timers', () => clearInterval(timer))
  }

  timeout(ms: number, act: () => void): () => void {
    if (this.isEnded) return () => undefined
    const timer = setTimeout(() => {
      end()
      act()
    }, ms)
    const end = this.own('timers', () => clearTimeout(timer))
    return end
  }

  listen<E extends Event>(
    target: EventTarget,
    name: string,
    act: (event: E) => void,
    options?: AddEventListenerOptions,
  ): () => void {
    if (this.isEnded) return () => undefined
    target.addEventListener(name, act as EventListener, options)
    return this.own('listeners', () => target.removeEventListener(name, act as EventListener, options))
  }

  media(query: string, act: (matches: boolean) => void): () => void {
    const list = matchMedia(query)
    act(list.matches)
    return this.listen<MediaQueryListEvent>(list, 'change', (event) => act(event.matches))
  }

  /** The size of the content box, at once and whenever it changes. */
  size(element: Element, act: (width: number, height: number) => void): () => void {
    if (this.isEnded) return () => undefined
    const observer = new ResizeObserver((entries) => {
      const box = entries[entries.length - 1].contentRect
      act(box.width, box.height)
    })
    observer.observe(element)
    return this.own('observers', () => observer.disconnect())
  }

  /**
   * *draw* runs once in each frame that somebody asked for, and once a second for the ages; not before *everyMs* have
   * passed since it did, for what is read and not watched.
   */
  frame(draw: (now: number) => void, everyMs = 0): () => void {
    if (this.isEnded) return () => undefined
    let due = -Infinity
    const calm = (now: number) => {
      if (now < due) return
      // A frame may come a little early.
      due = now + everyMs - 50
      draw(now)
    }
    return this.own('frames', frames.add(everyMs > 0 ? calm : draw))
  }

  /** *act* runs once the browser has shown what stands now: the answer comes before the work. Soon, while hidden. */
  afterPaint(act: () => void): () => void {
    if (this.isEnded) return () => undefined
    const once = () => {
      end()
      act()
    }
    let timer = setTimeout(once, 100)
    const frame = requestAnimationFrame(() => {
      clearTimeout(timer)
      timer = setTimeout(once)
    })
    const end = this.own('timers', () => {
      cancelAnimationFrame(frame)
      clearTimeout(timer)
    })
    return end
  }

  /** *act* runs once the browser has nothing else to do, or after *mostMs*; where it does not tell, after a paint. */
  idle(act: () => void, mostMs = 500): () => void {
    if (this.isEnded) return () => undefined
    if (typeof requestIdleCallback !== 'function') return this.afterPaint(act)
    const handle = requestIdleCallback(
      () => {
        end()
        act()
      },
      { timeout: mostMs },
    )
    const end = this.own('timers', () => cancelIdleCallback(handle))
    return end
  }

  /** Lets the browser answer what waits before the work goes on; never when the owner has ended. */
  turn(): Promise<void> {
    return new Promise((go) => this.timeout(0, go))
  }

  /** Whether *element* is in view or within *marginPx* of it, at once and whenever that changes. */
  inView(element: Element, act: (isInView: boolean) => void, marginPx = 0): () => void {
    if (this.isEnded) return () => undefined
    const observer = new IntersectionObserver((entries) => act(entries[entries.length - 1].isIntersecting), {
      rootMargin: `${marginPx}px`,
    })
    observer.observe(element)
    return this.own('observers', () => observer.disconnect())
  }

  /** A signal that aborts with the owner or with `cancel`; `done` says that the request has ended by itself. */
  request(): { signal: AbortSignal; done: () => void; cancel: () => void } {
    const controller = new AbortController()
    let isDone = false
    const cancel = this.own('requests', () => {
      if (!isDone) controller.abort()
    })
    const done = () => {
      isDone = true
      cancel()
    }
    return { signal: controller.signal, done, cancel }
  }

  end(): void {
    if (this.isEnded) return
    this.isEnded = true
    for (const one of [...this.endings].reverse()) one()
  }
}

/** An owner that ends with the component or effect scope in which it was made. */
export function useOwned(): Owned {
  const owned = new Owned()
  onScopeDispose(() => owned.end())
  return owned
}
