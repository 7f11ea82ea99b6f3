import type { MessageMode } from '@avatar-bridge/contracts';
import { useState } from 'react';
import type { NewAvatar } from './bridge-api.ts';
import { enabledControls, type ViewerState } from './viewer-state.ts';

export type ControlsProps = {
  state: ViewerState;
  busy: boolean;
  loading: boolean;
  error: string | undefined;
  onStart: (avatar: NewAvatar) => void;
  onClose: () => void;
  onSpeak: (text: string, mode: MessageMode) => Promise<boolean>;
  onInterrupt: () => void;
};

/** What can be done with the avatar. Buttons are enabled only when they work. */
export function Controls({
  state,
  busy,
  loading,
  error,
  onStart,
  onClose,
  onSpeak,
  onInterrupt,
}: ControlsProps) {
  const [avatarId, setAvatarId] = useState('');
  const [voiceId, setVoiceId] = useState('');
  const [text, setText] = useState('');
  const enabled = enabledControls(state, { busy, text, loading });

  const speak = async (mode: MessageMode): Promise<void> => {
    if (await onSpeak(text, mode)) setText('');
  };

  return (
    <section className="panel controls" aria-label="Controls">
      <form
        className="speak"
        onSubmit={(event) => {
          event.preventDefault();
          if (enabled.speak) void speak('repeat');
        }}
      >
        <input
          id="taskInput"
          value={text}
          onChange={(event) => setText(event.target.value)}
          placeholder="Enter text for the avatar to speak"
          aria-label="Text to speak"
          maxLength={10_000}
          autoComplete="off"
        />
        <button
          id="talkBtn"
          type="button"
          disabled={!enabled.speak}
          onClick={() => void speak('talk')}
          title="The vendor’s LLM answers the text"
        >
          Talk (LLM)
        </button>
        <button
          id="repeatBtn"
          type="submit"
          className="primary"
          disabled={!enabled.speak}
          title="The text is said as it is"
        >
          Repeat
        </button>
        <button
          id="interruptBtn"
          type="button"
          disabled={!enabled.interrupt}
          onClick={onInterrupt}
          title="Stops what is being said, and what waits"
        >
          Interrupt
        </button>
      </form>
      {error && (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      <form
        className="session"
        onSubmit={(event) => {
          event.preventDefault();
          if (enabled.start) onStart({ id: avatarId.trim(), voiceId: voiceId.trim() });
        }}
      >
        <label>
          Avatar ID
          <input
            id="avatarID"
            value={avatarId}
            onChange={(event) => setAvatarId(event.target.value)}
            placeholder="default"
            disabled={!enabled.start}
            spellCheck={false}
          />
        </label>
        <label>
          Voice ID
          <input
            id="voiceID"
            value={voiceId}
            onChange={(event) => setVoiceId(event.target.value)}
            placeholder="the avatar’s own"
            disabled={!enabled.start}
            spellCheck={false}
          />
        </label>
        <button id="startBtn" type="submit" className="good" disabled={!enabled.start}>
          Start
        </button>
        <button id="closeBtn" type="button" className="bad" disabled={!enabled.close} onClick={onClose}>
          Close
        </button>
      </form>
    </section>
  );
}
