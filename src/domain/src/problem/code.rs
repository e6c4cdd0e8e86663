//! Which stable codes there are. `docs/errors/` has a page for each: cause and what to do.

macro_rules! codes {
    ($($variant:ident = $text:literal, $status:literal, $title:literal;)+) => {
        /// A stable error code. The variant's documentation is its title.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $title] $variant),+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code as it is written: `TASK-003`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The code that is written so.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }

            /// The HTTP status it is answered with. Codes of attempts and of start-up carry 500, since they
            /// never answer a request themselves.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }

            /// What it means, in a few words.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }
        }
    };
}

codes! {
    MalformedJson = "REQUEST-001", 400, "The body is not valid JSON";
    InvalidRequest = "REQUEST-002", 422, "A field is wrong";
    BodyTooLarge = "REQUEST-003", 413, "The body is too large";
    UnsupportedMediaType = "REQUEST-004", 415, "The content type is not supported";
    NoSuchRoute = "REQUEST-005", 404, "There is nothing at this address";
    MethodNotAllowed = "REQUEST-006", 405, "This address does not take that method";
    TooManyRequests = "REQUEST-007", 429, "Too many requests";
    CrossOrigin = "REQUEST-008", 403, "The request came from another site";
    IdempotencyConflict = "REQUEST-009", 422, "The idempotency key was used for another request";
    InvalidQuery = "REQUEST-010", 400, "A query parameter is wrong";
    RequestTimeout = "REQUEST-011", 408, "The request took too long";

    NotSignedIn = "AUTH-001", 401, "Not signed in";
    WrongCredentials = "AUTH-002", 401, "Wrong email or password";
    TokenExpired = "AUTH-003", 401, "The token has expired";
    TokenInvalid = "AUTH-004", 401, "The token is not valid";
    Forbidden = "AUTH-005", 403, "Your role does not allow this";
    LockedOut = "AUTH-006", 429, "Too many failed sign-ins";
    WrongSetupCode = "AUTH-007", 403, "The one-time code is wrong";
    SetupDone = "AUTH-008", 409, "The first administrator exists already";
    SessionEnded = "AUTH-009", 401, "The session has ended";

    NoSuchTask = "TASK-001", 404, "No such task";
    UnknownSkill = "TASK-002", 422, "No agent has this skill";
    InputRejected = "TASK-003", 422, "The input does not fit the skill";
    IllegalTransition = "TASK-004", 409, "The task's state does not allow this";
    BatchTooLarge = "TASK-005", 422, "The batch is too large";
    QueueFull = "TASK-006", 429, "The queue is full";
    NestedTooDeep = "TASK-007", 422, "Too many tasks ask for one another";
    UnknownDependency = "TASK-008", 422, "A task depends on one that does not exist";
    CyclicDependency = "TASK-009", 422, "Tasks depend on one another in a circle";
    DependencyFailed = "TASK-010", 500, "A task that this one depends on did not complete";
    UnknownLabel = "TASK-011", 422, "No agent has these labels";
    NoCheckpoints = "TASK-012", 409, "The running task makes no checkpoints";
    TaskNotCompleted = "TASK-013", 409, "The task has not completed";
    NoSuchLimit = "LIMIT-001", 404, "No such limit";
    InvalidLimit = "LIMIT-002", 422, "The limit is out of range";

    NoSuchArtifact = "ARTIFACT-001", 404, "No such artifact";
    ArtifactTooLarge = "ARTIFACT-002", 413, "The artifact is too large";
    ArtifactInUse = "ARTIFACT-003", 409, "Something that goes on needs this artifact";
    HashMismatch = "ARTIFACT-004", 422, "The content does not match its hash";

    NoSuchAgent = "AGENT-001", 404, "No such agent";
    NoSuchSkill = "AGENT-002", 404, "No such skill";

    NoSuchUser = "USER-001", 404, "No such user";
    EmailTaken = "USER-002", 409, "A user with this email exists";
    LastAdministrator = "USER-003", 409, "The last administrator cannot be removed";
    NoSuchApiKey = "KEY-001", 404, "No such API key";

    ResyncRequired = "EVENT-001", 410, "Events this old are no longer kept";

    NoSuchTopic = "TOPIC-001", 404, "No such topic";
    MalformedTopic = "TOPIC-002", 422, "The topic's name or pattern is malformed";
    TopicKindFixed = "TOPIC-003", 409, "The topic exists with another kind";
    MessageTooLarge = "TOPIC-004", 413, "The message is too large";
    NoSuchSubscription = "TOPIC-005", 404, "No such subscription";
    SubscriptionDiffers = "TOPIC-006", 409, "The subscription exists with another pattern";
    TooManyTopics = "TOPIC-007", 429, "There are too many topics or subscriptions";
    PublisherStale = "TOPIC-008", 409, "The attempt has lost its task";

    StorageUnavailable = "STORAGE-001", 503, "Storage does not answer";
    StorageFull = "STORAGE-002", 507, "Storage is full";
    Internal = "INTERNAL-001", 500, "Something went wrong in the server";
    ShuttingDown = "INTERNAL-002", 503, "The server is shutting down";
    ServerUnreachable = "CLIENT-001", 503, "The server cannot be reached";

    WorkerLost = "ATTEMPT-001", 500, "The worker was lost";
    AttemptTimedOut = "ATTEMPT-002", 500, "The attempt took too long";
    HeartbeatMissed = "ATTEMPT-003", 500, "The attempt fell silent";
    ProtocolViolated = "ATTEMPT-004", 500, "The agent broke the attempt protocol";
    LimitExceeded = "ATTEMPT-005", 500, "The attempt used more than it may";
    AgentPanicked = "ATTEMPT-006", 500, "The agent crashed";
    ResultTooLarge = "ATTEMPT-007", 500, "The result is too large";
    StartedTooLate = "ATTEMPT-008", 500, "No agent began the task in time";
    ClosedTooLate = "ATTEMPT-009", 500, "The task did not end in time";
    Quarantined = "ATTEMPT-010", 500, "The task kept killing its worker";
    LeaseLost = "ATTEMPT-011", 500, "The attempt had lost its task";

    RaggedTable = "DATA-001", 422, "The table's rows differ in length";
    WrongEncoding = "DATA-002", 422, "The file is not UTF-8 text";
    EmptyTable = "DATA-003", 422, "The table has no rows";
    TableTooLarge = "DATA-004", 422, "The table is too large";
    DataUnfit = "DATA-021", 422, "The data do not allow this analysis";
    UnfitTimes = "DATA-022", 422, "The times do not make a series";
    WrongSql = "DATA-030", 422, "The SQL statement is wrong";
    ForbiddenSql = "DATA-031", 422, "The SQL statement does more than read";
    QueryTooLong = "DATA-032", 422, "The query takes too many steps";
    QueryTooLarge = "DATA-033", 422, "The query or its result is too large";
    WrongTableName = "DATA-034", 422, "The table's name cannot be used";
    WrongJson = "DATA-035", 422, "The JSON holds no table";
    RecordTooLarge = "DATA-036", 422, "A record is too large or nested too deep";
    WrongParquet = "DATA-037", 422, "The Parquet file cannot be read";
    UnsupportedParquet = "DATA-038", 422, "The Parquet file uses what is not read";
    ConnectionUnfit = "DATA-040", 422, "The connection cannot be asked in SQL";
    AskedDatabaseUnreachable = "DATA-041", 422, "The database cannot be reached";
    AskedDatabaseRefused = "DATA-042", 422, "The database does not let Baton in";
    UnfitTarget = "DATA-050", 422, "The target cannot be learned";
    TrainingTooLarge = "DATA-051", 422, "Training or prediction would take too much";
    MissingValues = "DATA-052", 422, "The table has gaps";
    NoUniqueModel = "DATA-053", 422, "The model has no single solution";
    ModelTooLarge = "DATA-054", 422, "The model is too large to be stored";
    NotAModel = "DATA-055", 422, "The file is no trained model";
    TableUnlikeModel = "DATA-056", 422, "The table is not what the model reads";
    EmptyText = "NLP-001", 422, "The text is empty";
    TextTooLong = "NLP-002", 422, "The text is too long";
    LanguageUnsupported = "NLP-003", 422, "The language is not supported";
    ModelTextRejected = "NLP-004", 502, "What the model wrote did not pass its checks";
    TooManyTexts = "NLP-005", 422, "There are too many texts";
    SourceDoesNotParse = "CODE-001", 422, "The source does not parse";
    UnknownLanguage = "CODE-002", 422, "The programming language is not known";
    SourceTooLarge = "CODE-003", 422, "The source is too large";
    RuleMalformed = "CODE-004", 422, "A rule is malformed";
    ArchiveRefused = "CODE-005", 422, "The archive is refused";
    NothingToRead = "CODE-006", 422, "There is nothing to read";
    SourceTooSlow = "CODE-007", 422, "The source takes too long to read";

    TemplateInvalid = "DOC-001", 422, "The template cannot be read";
    TemplateFailed = "DOC-002", 422, "The template failed with this data";
    TemplateExhausted = "DOC-003", 422, "The template used more than it may";
    TemplateDataInvalid = "DOC-004", 422, "The data does not fit the template";
    DocumentTooLarge = "DOC-005", 422, "The document is too large";
    ApiDocumentInvalid = "DOC-006", 422, "The description of the interface cannot be read";
    NothingToDocument = "DOC-007", 422, "There is nothing to document";
    ChartInvalid = "DOC-008", 422, "The chart cannot be drawn";
    ModelTextUnfit = "DOC-009", 500, "The model's text is not fit for use";

    ModelUnavailable = "MODEL-001", 503, "No language model is available";
    ModelTooSmall = "MODEL-002", 422, "No model is able enough";
    ModelAnswerInvalid = "MODEL-003", 500, "The model's answer does not fit";
    ModelFailed = "MODEL-004", 502, "The model's endpoint failed";
    BudgetExhausted = "MODEL-005", 422, "The budget does not allow the call";
    ModelRefused = "MODEL-006", 502, "The model's endpoint refused the call";
    PromptTooLong = "MODEL-007", 422, "The prompt is too long for the model";
    NoSuchModel = "MODEL-008", 404, "No such model";
    InvalidModel = "MODEL-009", 422, "The model's settings are wrong";
    ModelCallsNoTools = "MODEL-010", 422, "No model is known to call tools";
    NoSuchConnection = "CONNECTION-001", 404, "No such connection";
    ConnectionForbidden = "CONNECTION-002", 403, "The skill may not use this connection";
    InvalidConnection = "CONNECTION-003", 422, "The connection's settings are wrong";
    ConnectionNameTaken = "CONNECTION-004", 409, "A connection with this name exists";

    UrlRefused = "EGRESS-001", 422, "The address is not one that may be fetched";
    HostRefused = "EGRESS-002", 403, "The host may not be reached";
    PrivateAddress = "EGRESS-003", 403, "The host has a private address";
    NameUnresolved = "EGRESS-004", 502, "The host's name does not resolve";
    HostUnreachable = "EGRESS-005", 502, "The host cannot be reached";
    TlsRefused = "EGRESS-006", 502, "The host's certificate or TLS is not acceptable";
    ExchangeTimedOut = "EGRESS-007", 504, "The exchange took too long";
    AnswerTooLarge = "EGRESS-008", 502, "The answer is too large";
    TooManyRedirects = "EGRESS-009", 502, "Too many redirects";
    NoEgress = "EGRESS-010", 403, "The installation lets nothing reach the network";
    AnswerUnusable = "EGRESS-011", 502, "The answer does not follow HTTP";
    StatusRefused = "EGRESS-012", 502, "The host answered with an error";

    PageUnfit = "WEB-011", 422, "The page cannot be read as HTML";
    ValueMissing = "WEB-012", 422, "The page lacks what is required";
    ApiAnswerUnfit = "WEB-013", 422, "The API's answer is not what the input expects";
    OutsideConnection = "WEB-014", 422, "The API leads out of its connection";
    DocumentUnknown = "WEB-015", 422, "Documents of this kind are not read";
    DocumentUnfit = "WEB-016", 422, "The document is not what it seems";
    DocumentExcessive = "WEB-017", 422, "The document unfolds beyond the bounds";
    DocumentLocked = "WEB-018", 422, "The document is locked by a password";
    WatchUnfit = "WEB-019", 422, "What is to be watched is not there";
    EarlierStateUnfit = "WEB-020", 422, "The earlier state does not fit";
    RobotsForbid = "WEB-021", 403, "The site asks robots to stay away";
    RobotsUnreadable = "WEB-022", 502, "What the site asks of robots cannot be read";
    BrowserMissing = "WEB-040", 501, "No browser is installed";
    BrowserFailed = "WEB-041", 502, "The browser failed";
    PageNotReady = "WEB-042", 504, "The page was not ready in time";
    PageCrashed = "WEB-043", 422, "The page broke its process";
    PageOverLimit = "WEB-044", 422, "The page asks for too much";
    NoPage = "WEB-045", 422, "The address has no page to show";
    ElementMissing = "WEB-046", 422, "The page has no such element to picture";

    WorkflowMalformed = "WORKFLOW-001", 422, "The document is neither YAML nor JSON";
    WorkflowTooLarge = "WORKFLOW-002", 422, "The document is too large";
    WorkflowUnknownKey = "WORKFLOW-003", 422, "The document has a key that is not known";
    WorkflowWrongValue = "WORKFLOW-004", 422, "The document has a value that does not fit";
    WorkflowContradiction = "WORKFLOW-005", 422, "Parts of the document contradict one another";
    WorkflowUnknownStep = "WORKFLOW-006", 422, "The document refers to a step that it does not have";
    WorkflowCycle = "WORKFLOW-007", 422, "Steps need one another in a circle";
    WorkflowUnknownSkill = "WORKFLOW-008", 422, "The document uses a skill that is not known";
    WorkflowUnknownWorkflow = "WORKFLOW-009", 422, "The document uses a workflow that is not known";
    WorkflowRecursion = "WORKFLOW-010", 422, "The workflow uses itself";
    WorkflowExpression = "WORKFLOW-011", 422, "An expression cannot be read";
    WorkflowTypes = "WORKFLOW-012", 422, "An expression does not hold together";
    WorkflowStepInput = "WORKFLOW-013", 422, "A step's input does not fit";
    WorkflowForeach = "WORKFLOW-014", 422, "There is no list to go through, or one that is too long";
    WorkflowRunInput = "WORKFLOW-020", 422, "The input does not fit the workflow";
    WorkflowExpressionFailed = "WORKFLOW-021", 422, "An expression has no value";
    WorkflowExpressionExhausted = "WORKFLOW-022", 422, "An expression takes too many steps";
    RunStateForbids = "WORKFLOW-023", 409, "The run's state does not allow this";
    RunLimitReached = "WORKFLOW-024", 422, "The run has used what it may";
    WorkflowEdited = "WORKFLOW-025", 409, "The document is not the one the run began with";
    ApprovalNotOpen = "WORKFLOW-026", 409, "The approval is not open";
    ApprovalExpired = "WORKFLOW-027", 409, "The approval has expired";
    ApprovalForbidden = "WORKFLOW-028", 403, "You may not decide on this approval";
    ApprovalDiffers = "WORKFLOW-029", 409, "The approval is for something else";
    ApprovalRefused = "WORKFLOW-030", 422, "The approval was refused";
    StepTimedOut = "WORKFLOW-031", 422, "The step took too long";
    StepItemsFailed = "WORKFLOW-032", 422, "Items of the step have failed";
    SignalUnfit = "WORKFLOW-033", 422, "The signal brings what the step does not expect";
    NoSuchWorkflow = "WORKFLOW-040", 404, "No such workflow";
    NoSuchRun = "WORKFLOW-041", 404, "No such run";
    NoSuchApproval = "WORKFLOW-042", 404, "No such approval";
    WorkflowStale = "WORKFLOW-043", 409, "The workflow was changed meanwhile";
    TooManyWorkflows = "WORKFLOW-044", 409, "There are as many workflows as are allowed";
    DecisionsAbsent = "WORKFLOW-045", 501, "Decisions cannot be held here";
    StepNotReached = "WORKFLOW-046", 409, "The run never came to this step";
    ForkUnfit = "WORKFLOW-047", 422, "The change does not fit the step";
    NoSuchDecision = "DECISION-001", 404, "No such decision";
    InvalidDecision = "DECISION-002", 422, "The decision cannot be made as it is asked for";
    WrongOptions = "DECISION-003", 422, "The options cannot be chosen from";
    WrongElectorate = "DECISION-004", 422, "The electorate is wrong";
    WrongWeight = "DECISION-005", 422, "A voter's weight is wrong";
    QuorumOutOfReach = "DECISION-006", 422, "The quorum cannot be reached";
    WrongThreshold = "DECISION-007", 422, "The threshold or margin is wrong";
    RuleUnfit = "DECISION-008", 422, "The rule does not fit the question";
    WrongScale = "DECISION-009", 422, "The scale of scores is wrong";
    WrongCanonicalisation = "DECISION-010", 422, "The way to compare answers is wrong";
    JudgeUnfit = "DECISION-011", 422, "The agent may not judge or write here";
    NotAVoter = "DECISION-020", 403, "You do not vote in this decision";
    BallotUnfit = "DECISION-021", 422, "The ballot cannot be counted";
    AlreadyVoted = "DECISION-022", 409, "The voter has answered already";
    VotingClosed = "DECISION-023", 409, "The answer comes too late";
    NotAsked = "DECISION-024", 409, "This is not what is asked";
    AnswerUnfit = "DECISION-025", 422, "The answer cannot be compared";
    DecisionEnded = "DECISION-026", 409, "The decision has ended";
    DecisionRefused = "DECISION-030", 500, "The decision did not come about";
    DecisionExpired = "DECISION-031", 500, "Nobody decided what was escalated";
    NobodyAnswered = "DECISION-032", 500, "None of the voters gave an answer";
    ClaimLost = "CLAIM-001", 409, "The claim has been lost";
    NoSuchClaim = "CLAIM-002", 404, "There is no such claim";
    TooManyClaims = "CLAIM-003", 429, "There are too many claims";
    ClaimQueueFull = "CLAIM-004", 429, "Too many wait for this resource";
    ClaimDeadlock = "CLAIM-005", 409, "The claim was given up to break a deadlock";
    MalformedResource = "CLAIM-006", 422, "The name of the resource is malformed";
    ClaimTimedOut = "CLAIM-007", 409, "The claim waited too long";
    ResourceBusy = "CLAIM-008", 409, "Others have claimed the resource";
    ClaimBroken = "CLAIM-009", 409, "The claim was broken by somebody";
    NotYourHolder = "CLAIM-010", 403, "You may not claim in this name";
    SharingContended = "CLAIM-011", 503, "Too many change this at once";

    CallClosed = "CONTRACT-001", 409, "The call for proposals is closed";
    NotCalled = "CONTRACT-002", 403, "The bidder was not called";
    InvalidBid = "CONTRACT-003", 422, "The bid cannot be compared";
    AwardLost = "CONTRACT-004", 409, "The award has been lost";
    NobodyTakesIt = "CONTRACT-005", 422, "Nobody takes the contract";
    ContractClosed = "CONTRACT-006", 409, "The contract has its outcome";
    InvalidCall = "CONTRACT-007", 422, "The call for proposals is wrong";
    NoSuchContract = "CONTRACT-008", 404, "There is no such contract";

    InvalidBargain = "BARGAIN-001", 422, "This cannot be bargained over";
    NoAgreement = "BARGAIN-002", 409, "No split satisfies everybody";
    NotYourTurn = "BARGAIN-003", 409, "It is another party's turn";
    BargainClosed = "BARGAIN-004", 409, "The bargaining is over";
    InvalidOffer = "BARGAIN-005", 422, "The offer is no split of what there is";
    NoSuchBargain = "BARGAIN-006", 404, "There is no such bargaining";

    VersionConflict = "CONFLICT-001", 409, "The artifact has changed since it was read";
    NotMergeable = "CONFLICT-002", 422, "The versions cannot be merged";
    MergeTooLarge = "CONFLICT-003", 413, "The versions are too large to be merged";
    ConflictSettled = "CONFLICT-004", 409, "The conflict is settled";
    ConflictMoved = "CONFLICT-005", 409, "The conflict has changed since it was read";
    ConflictStepRefused = "CONFLICT-006", 409, "The conflict's state does not allow this";
    NoSuchConflict = "CONFLICT-007", 404, "There is no such conflict";
    NoSuchLine = "CONFLICT-008", 404, "There is no such line of versions";
    MalformedLine = "CONFLICT-009", 422, "The name of the line is malformed";

    ReplayDiverged = "REPLAY-001", 409, "The replay asks for something else than was recorded";
    ReplayExhausted = "REPLAY-002", 409, "The recording has no further call here";
    ReplayUnfinished = "REPLAY-003", 409, "The replay left out what was recorded";
    RecordingInvalid = "REPLAY-004", 422, "The recording cannot be read";
    RecordingTooLarge = "REPLAY-005", 413, "The recording is too large";
    NotCanonical = "REPLAY-006", 422, "The JSON has no canonical form";
    ReplayTooEarly = "REPLAY-007", 409, "The run goes on";
    RecordingForgotten = "REPLAY-008", 410, "What was recorded is not kept any more";
    ReplayBusy = "REPLAY-009", 429, "Another replay is under way";
    ReplayStopped = "REPLAY-010", 422, "The replay was stopped at a bound";

    NoNotifications = "NOTIFICATION-001", 403, "Only people have notifications";
    GoalUnreadable = "PLAN-001", 422, "The goal cannot be read";
    NoSkillForGoal = "PLAN-002", 422, "No skill does a part of the goal";
    GoalInputMissing = "PLAN-003", 422, "The goal needs something that was not given";
    GoalAmbiguous = "PLAN-004", 422, "The goal can be read in more than one way";
    GoalNeedsModel = "PLAN-005", 422, "The goal needs a language model";
    PlanTooLarge = "PLAN-006", 422, "The plan would have too many steps";
    PlanInvalid = "PLAN-007", 422, "The plan does not hold together";
    ModelPlanRefused = "PLAN-008", 422, "The model made no plan that holds together";
    NoSuchPlan = "PLAN-009", 404, "There is no such plan";
    PlanStateForbids = "PLAN-010", 409, "The plan's state does not allow this";
    NoOtherWay = "PLAN-011", 422, "There is no other way to do the failed step";

    PortOccupied = "SERVER-001", 500, "The address is in use";
    DataFolderUnusable = "SERVER-002", 500, "The data folder cannot be used";
    DataFolderLocked = "SERVER-003", 500, "Another server uses the data folder";
    DatabaseTooNew = "SERVER-004", 500, "The database is from a newer version";
    SqliteTooOld = "SERVER-005", 500, "The SQLite library is too old";
    ConfigurationInvalid = "SERVER-006", 500, "The configuration is wrong";
    NoSuchServer = "SERVER-007", 404, "No such server";
    DatabaseAddressInvalid = "SERVER-008", 500, "The database address is wrong";
    DatabaseUnreachable = "SERVER-009", 500, "The database cannot be reached";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_is_used_twice() {
        for (index, code) in Code::ALL.iter().enumerate() {
            assert!(Code::ALL[index + 1..].iter().all(|other| other.as_str() != code.as_str()), "{}", code.as_str());
        }
    }

    #[test]
    fn every_code_has_its_page() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
        let missing: Vec<&str> =
            Code::ALL.iter().map(|code| code.as_str()).filter(|code| !folder.join(format!("{code}.md")).is_file()).collect();
        assert!(missing.is_empty(), "docs/errors lacks {missing:?}");
    }
}
