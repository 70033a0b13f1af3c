//! Steps as Step Functions activities: `activity [--step STEP]...`; what each is given is in `aws::steps`.

fn main() -> std::process::ExitCode {
    aws::activity::main(std::env::args().skip(1))
}
