import { describeMutants } from "../vitest.ts";
import { loggerMutants } from "./logger.mutants.ts";
import { loggerContract } from "./logger-contract.ts";
import { recordingLoggerBinding } from "./logger-subject.ts";

describeMutants(loggerContract, loggerMutants, { reference: recordingLoggerBinding() });
