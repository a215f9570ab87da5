/** What a conversation with a provider may take in all, the token and the profile included [F-33]. */
const CONVERSATION_DEADLINE_MS = 5_500;

/** Waits for a conversation with a provider, but not longer than somebody waits for a page. @throws Error where it takes longer */
export async function withinConversation<Value>(conversation: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the provider took too long')), CONVERSATION_DEADLINE_MS);
  });
  try {
    return await Promise.race([conversation, over]);
  } finally {
    clearTimeout(timer);
  }
}
