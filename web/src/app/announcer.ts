import { ref } from 'vue'

const EVERY_MS = 5000
const MOST = 20

/** What the one polite live region says. */
export const announced = ref('')

let waiting: string[] = []
let saidAt = -Infinity

/** Says *text* to who listens to the page: with what else came meanwhile, at most once in five seconds. */
export function announce(text: string): void {
  if (waiting.length < MOST) waiting.push(text)
}

/** Called once a second by the shell. */
export function sayWaiting(now: number): void {
  if (waiting.length === 0 || now - saidAt < EVERY_MS) return
  const more = waiting.length > 3 ? `; and ${waiting.length - 3} more` : ''
  announced.value = waiting.slice(0, 3).join('; ') + more
  waiting = []
  saidAt = now
}
