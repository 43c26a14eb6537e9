// Why this person looks at people as they are: asked once a session, sent with every look, and kept
// nowhere else. Empty: nobody is recognised.

class Looking {
  reason = $state('');
}

export const looking = new Looking();
