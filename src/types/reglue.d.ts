/**
 * What `reglue` added to this module: its state after a crash of the Rust program, and what is done
 * about one. A call after a crash gets a new instance; objects made before it are stale.
 */
export const __reglue: {
	/**
	 * `uninitialized` before the first instance, `live` while calls work, `poisoned` from a fault to
	 * the next recovery, `reinitializing` while a new instance is being made, `exhausted` when too many
	 * recoveries in a row did no good.
	 */
	readonly state: 'uninitialized' | 'live' | 'poisoned' | 'reinitializing' | 'exhausted';
	/** How many instances came after the first one. */
	readonly generation: number;
	/** The last fault, if there was one; plain data. */
	readonly fault: {
		/** `trap`: a wasm trap, such as a panic. `stack`: the stack was exhausted. */
		readonly kind: 'trap' | 'stack' | 'exception' | 'foreign' | 'abort' | 'poisoned' | 'reinit';
		/** Name of the wasm export that was called, where it is known. */
		readonly export: string | undefined;
		readonly message: string | undefined;
		/** What the panic hook printed, where the glue passes that on. */
		readonly panic: string | undefined;
		/** The generation in which it happened. */
		readonly generation: number;
	} | undefined;
	/** Counters since the program started; a copy. */
	readonly stats: {
		faults: number;
		/** Exceptions that crossed Rust frames and were no faults. */
		errors: number;
		reinits: number;
		failedReinits: number;
		/** Faults after which the instance was kept (policy `heal`). */
		mends: number;
		/** Times the shadow stack pointer had to be put back. */
		healedStack: number;
		/** Calls of the glue's own clean-up that were left out on a poisoned instance. */
		inert: number;
		staleObjects: number;
		/** Stale objects that were made again, of classes given to `--reconstruct`. */
		reconstructed: number;
		staleClosures: number;
		rejectedPromises: number;
		/** Exceptions that hooks threw, and the last one. */
		hookErrors: number;
		hookError: string | undefined;
	};
	/** Changes settings and refills the budget. Throws a TypeError for what is no setting. */
	configure(changes: {
		/** When a new instance is made after a fault. */
		reinit?: 'lazy' | 'eager' | 'manual' | 'never' | 'heal';
		/** Recoveries a minute that may do no good; 0: any number. */
		budget?: number;
		/** What a timer, listener or reaction of an earlier generation does. */
		staleClosures?: 'ignore' | 'throw';
		/** Whether exceptions of JS that cross Rust frames count as faults. */
		foreignThrow?: 'ignore' | 'poison';
		/**
		 * Which of the classes given to `--reconstruct` are to have their objects made again; all of them,
		 * unless set.
		 */
		reconstruct?: string[];
		/**
		 * What new instances are made of, for glue that never sees it, as with bundlers: a
		 * WebAssembly.Module, its bytes, a URL or Response of it, a promise of these, or a function that
		 * gives one of them when it is needed. Glue that does see it takes a WebAssembly.Module only.
		 */
		module?: string | object | (() => string | object);
		/** The imports object, for glue that never sees it either. */
		imports?: object;
	}): void;
	/**
	 * Calls `hook` for every event from now on; the function that is returned ends that. What a hook
	 * throws is counted and otherwise ignored.
	 */
	on: {
		/** An instance was poisoned. */
		(type: 'fault', hook: (fault: NonNullable<typeof __reglue.fault>) => void): () => void;
		/** A new instance stands: the place to make again what the program sets up after `init`. */
		(type: 'reinit', hook: (event: {
			readonly generation: number;
			readonly fault: typeof __reglue.fault;
		}) => void): () => void;
		/** Something of an earlier generation was used. */
		(type: 'stale', hook: (event: {
			readonly kind: 'object' | 'closure';
			readonly className: string | undefined;
			readonly objectGeneration: number;
			readonly generation: number;
		}) => void): () => void;
		/** The budget is spent. */
		(type: 'exhausted', hook: (fault: NonNullable<typeof __reglue.fault>) => void): () => void;
	};
	/** Makes a new instance now, whatever the state. Throws if a call is in flight. */
	reinit(): void;
	/** Declares the instance unusable, as if it had crashed. */
	poison(reason?: unknown): void;
	/** Thrown where an object of an earlier generation is used. */
	readonly StaleObjectError: {
		new (message?: string, more?: object): Error & {
			readonly name: 'StaleObjectError';
			readonly className: string | undefined;
			readonly objectGeneration: number;
			readonly generation: number;
			/** Why the object could not be made again, where it was to be. */
			readonly cause?: unknown;
			/** Where it takes a promise to make it again: settled when it can be used. */
			readonly ready?: Promise<void>;
		};
		readonly prototype: InstanceType<typeof __reglue.StaleObjectError>;
	};
	/** Thrown by calls that find the instance poisoned and get no new one. */
	readonly PoisonedError: {
		new (message?: string, more?: object): Error & {
			readonly name: string;
			readonly fault: NonNullable<typeof __reglue.fault>;
			/** Why a new instance could not be made, or the error that a promise died of. */
			readonly cause?: unknown;
			/** Where the host makes instances asynchronously: settled when the new one stands. */
			readonly ready?: Promise<void>;
		};
		readonly prototype: InstanceType<typeof __reglue.PoisonedError>;
	};
	/** A PoisonedError, thrown when the budget of recoveries is spent. */
	readonly ExhaustedError: {
		new (message?: string, more?: object): InstanceType<typeof __reglue.PoisonedError>;
		readonly prototype: InstanceType<typeof __reglue.PoisonedError>;
	};
};
