/// The version of the program, written into every report.
package let plumbVersion = "0.1.0"
