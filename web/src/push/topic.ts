import { type Owned } from '@/owned/owned'
import type { TopicMessage } from '@/wire/push'
import { link } from './link'

/**
 * Subscribes for as long as *owned* lives. *act* gets a snapshot first, then deltas without a hole between them;
 * *onProblem* why there is no such topic, or why it has ended.
 */
export function subscribe<M extends TopicMessage>(
  owned: Owned,
  topic: string,
  act: (message: M) => void,
  onProblem?: (detail: string) => void,
): () => void {
  return owned.own('subscriptions', link.subscribe(topic, (message) => act(message as M), onProblem))
}
